/**
 * Events as lines of JSON at the end of a file, on the disk before they count as delivered. The file is opened for each
 * batch, so that it may be moved away at any time.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { EventBridgeEvent } from '../domain/kms/event-bridge-event.ts';
import { type EventSink, EventSinkFault, jsonLines } from './event-sink.ts';

export class FileSink implements EventSink {
  readonly name: string;
  readonly batch = 100;
  readonly #file: string;

  /** `file` is an absolute path; it is made, with mode 0600, when it is not there. */
  constructor(name: string, file: string) {
    this.name = name;
    this.#file = file;
  }

  async deliver(events: readonly EventBridgeEvent[]): Promise<void> {
    try {
      const handle = await open(this.#file, 'a+', 0o600);
      try {
        const { size } = await handle.stat();
        const torn = size > 0 && !(await endsLine(handle, size));
        await handle.appendFile((torn ? '\n' : '') + jsonLines(events));
        await handle.sync();
        if (size === 0) await syncFolderOf(this.#file);
      } finally {
        await handle.close();
      }
    } catch (cause) {
      const code = String((cause as NodeJS.ErrnoException).code);
      const advice = ADVICE.get(code) ?? 'see that this process can append to the file';
      throw new EventSinkFault(`${this.#file} cannot be written (${code})`, advice, { cause });
    }
  }
}

/** A full disk or a crash may have left half a line. */
async function endsLine(handle: FileHandle, size: number): Promise<boolean> {
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === LINE_END;
}

/** A new file has to be found again after a power cut. */
async function syncFolderOf(file: string): Promise<void> {
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const LINE_END = 0x0a;
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'make its folder'],
  ['ENOTDIR', 'make its folder'],
  ['EACCES', 'let the user of this process write to it and to its folder'],
  ['EPERM', 'let the user of this process write to it and to its folder'],
  ['EISDIR', 'name a file instead of a folder'],
  ['ENOSPC', 'make room on its disk'],
  ['EDQUOT', 'make room in the quota of the user of this process'],
  ['EROFS', 'name a file on a disk that can be written'],
]);
