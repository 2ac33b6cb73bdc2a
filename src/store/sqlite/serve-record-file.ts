/** The worker's side of a store: answers each request of the main thread, in order, until it is told to close. */
import type { MessagePort } from 'node:worker_threads';
import { StoreFailure } from '../../domain/ports/record-store.ts';
import type { WorkerAnswer, WorkerRequest, WorkerSettings } from '../messages.ts';
import { RecordFile } from './record-file.ts';
import { sqliteReason } from './sqlite-error.ts';

/** The first answer, to no request, says whether the file could be opened; when it could not, nothing follows. */
export function serveRecordFile(port: MessagePort, { file }: WorkerSettings): void {
  let records: RecordFile;
  try {
    records = RecordFile.open(file);
  } catch (cause) {
    port.postMessage(failure(file, cause));
    port.close();
    return;
  }
  const tidying = setInterval(() => tidy(records), EMPTY_LOG_MS);
  port.on('message', (request: WorkerRequest) => {
    port.postMessage(answerTo(records, file, request));
    if (request.do !== 'close') return;
    clearInterval(tidying);
    port.close();
  });
  port.postMessage({ answer: undefined } satisfies WorkerAnswer);
}

function answerTo(records: RecordFile, file: string, request: WorkerRequest): WorkerAnswer {
  try {
    return { answer: perform(records, request) };
  } catch (cause) {
    return failure(file, cause);
  }
}

function perform(records: RecordFile, request: WorkerRequest): unknown {
  switch (request.do) {
    case 'reads':
      return request.calls.map((call) => records.queries.answer(call));
    case 'write':
      return records.write(request.batch);
    case 'reset':
      return records.reset();
    case 'close':
      return records[Symbol.dispose]();
  }
}

function failure(file: string, cause: unknown): WorkerAnswer {
  const text = `the store ${file} cannot be used: ${sqliteReason(cause)}`;
  return { failure: cause instanceof StoreFailure ? cause.message : text, cause };
}

function tidy(records: RecordFile): void {
  try {
    records.emptyLog();
  } catch {
    // Whatever keeps the log from being emptied fails the next commit too, and is told there.
  }
}

/** How long the write-ahead log may keep what was replaced or deleted. */
const EMPTY_LOG_MS = 10_000;
