/**
 * Reads a request body into memory, at most as much as the caller allows. This runs before
 * authentication, so nothing here trusts the client: not its Content-Length, not its patience.
 */
import type { IncomingMessage } from 'node:http';
import { BodyIncomplete, BodyTooLarge } from './exchange.ts';

/** What the head announces of the body; the parser has already refused contradictions. */
export interface AnnouncedBody {
  readonly present: boolean;
  /** Undefined for a chunked body. */
  readonly bytes: number | undefined;
}

export function announcedBody(request: IncomingMessage): AnnouncedBody {
  if (request.headers['transfer-encoding'] !== undefined) return { present: true, bytes: undefined };
  const bytes = Number(request.headers['content-length'] ?? 0);
  return { present: bytes > 0, bytes };
}

/** Collects the body as sent: a Content-Encoding is not undone, so nothing can inflate. The rest of a body over the cap stays unread. */
export function collectBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let received = 0;
    const settle = (outcome: () => void) => {
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onError);
      // Without a listener a late reset of the connection would surface as an uncaught error.
      request.on('error', ignore);
      outcome();
    };
    const onData = (chunk: Buffer) => {
      received += chunk.length;
      if (received <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      request.pause();
      settle(() => reject(new BodyTooLarge(maxBytes)));
    };
    const onEnd = () => settle(() => resolve(joined(chunks)));
    const onClose = () => settle(() => reject(new BodyIncomplete()));
    const onError = (cause: Error) => settle(() => reject(new BodyIncomplete({ cause })));
    if (request.destroyed) {
      reject(new BodyIncomplete());
      return;
    }
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onError);
  });
}

function joined(chunks: readonly Buffer[]): Uint8Array {
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}

function ignore(): void {}
