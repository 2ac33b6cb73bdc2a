import { request, type ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../../src/edge/http/exchange.ts';
import { ReplyBurst } from '../../../src/edge/http/reply-burst.ts';
import { listening } from './listening.ts';

describe('answers of one turn', () => {
  it('leave at once while no other request waits', () => {
    const { ended, end } = recording(() => false);
    end('first');
    end('second');
    expect(ended).toEqual(['first', 'second']);
  });

  it('leave together at its end, in their order, while others wait', async () => {
    const { ended, end } = recording(() => true);
    end('first');
    end('second');
    expect(ended).toEqual([]);
    await nextTurn();
    expect(ended).toEqual(['first', 'second']);
    end('third');
    await nextTurn();
    expect(ended).toEqual(['first', 'second', 'third']);
  });

  it('keep their order when the others have gone before the end of the turn', async () => {
    let others = true;
    const { ended, end } = recording(() => others);
    end('first');
    others = false;
    end('second');
    expect(ended).toEqual([]);
    await nextTurn();
    expect(ended).toEqual(['first', 'second']);
  });

  it('are the same whether a character has one byte or more', async () => {
    const texts = ['plain', 'Schlüssel', '鍵', '\u0080'];
    await using server = await listening({
      handler: async (exchange) => exchange.reply(200, texts[Number(exchange.rawUrl.slice(1))] ?? ''),
    });
    const answers = texts.map((_, index) => answerTo(server.port, `/${index}`));
    expect(await Promise.all(answers)).toEqual(texts);
  });

  it('reach clients that wait beside each other, and those of them that have not gone', async () => {
    const waiting: Exchange[] = [];
    const allArrived = Promise.withResolvers<void>();
    await using server = await listening({
      handler: async (exchange) => {
        waiting.push(exchange);
        await allArrived.promise;
        exchange.reply(200, exchange.rawUrl);
      },
    });
    const gone = request({ port: server.port, path: '/gone' }).on('error', () => undefined);
    gone.end();
    const answers = ['/a', '/b', '/c'].map((path) => answerTo(server.port, path));
    while (waiting.length < 4) await nextTurn();
    gone.destroy();
    allArrived.resolve();
    expect(await Promise.all(answers)).toEqual(['/a', '/b', '/c']);
    expect(await answerTo(server.port, '/d')).toBe('/d');
  });
});

function recording(othersWait: () => boolean) {
  const ended: string[] = [];
  const burst = new ReplyBurst(othersWait);
  const response = { end: (body: string) => void ended.push(body) } as unknown as ServerResponse;
  return { ended, end: (body: string) => burst.end(response, body) };
}

async function answerTo(port: number, path: string): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
}
