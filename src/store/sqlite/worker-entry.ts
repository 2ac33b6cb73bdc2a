/** Main file of the thread that owns the database; see store-worker.ts for the other side. */
import { parentPort, workerData } from 'node:worker_threads';
import { serveRecordFile } from './serve-record-file.ts';

if (parentPort !== null) serveRecordFile(parentPort, workerData);
