/** A crowd of clients of which each does one unfriendly thing, and an account of how each was got rid of. */
import { RawConnection } from './raw-http.ts';

export interface Deed {
  readonly name: string;
  readonly clients: number;
  /** Sent at once; nothing when empty. */
  readonly opening: string;
  /** Sent one byte at a time afterwards, for as long as the server listens. */
  readonly drip?: string;
}

/** By deed: what a client got until the server closed, such as `408` or `200 200 429`, to how many got it. */
export type CrowdAccount = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Resolves when the server has closed every connection of every client. */
export async function sendCrowd(port: number, deeds: readonly Deed[]): Promise<CrowdAccount> {
  const outcomes: Record<string, Record<string, number>> = {};
  const ends: Promise<void>[] = [];
  for (const deed of deeds) {
    const counts: Record<string, number> = {};
    outcomes[deed.name] = counts;
    for (let done = 0; done < deed.clients; done += BATCH) {
      const size = Math.min(BATCH, deed.clients - done);
      const opened = await Promise.all(Array.from({ length: size }, () => RawConnection.open(port)));
      for (const connection of opened) {
        ends.push(
          act(connection, deed).then((outcome) => {
            counts[outcome] = (counts[outcome] ?? 0) + 1;
          }),
        );
      }
    }
  }
  await Promise.all(ends);
  return outcomes;
}

async function act(connection: RawConnection, { opening, drip = '' }: Deed): Promise<string> {
  using open = connection;
  if (opening !== '') open.send(opening);
  let sent = 0;
  const dripping = setInterval(() => {
    if (sent < drip.length) open.send(drip.charAt(sent));
    sent += 1;
  }, DRIP_EVERY_MS);
  const received = await open.closed();
  clearInterval(dripping);
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status).join(' ');
}

/** Fewer than the kernel keeps waiting for accept(). */
const BATCH = 100;
const DRIP_EVERY_MS = 20;
