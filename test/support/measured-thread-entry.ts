/** Runs in a thread: the entry file that `workerData` names, whose coverage is written before each of its answers. */
import { takeCoverage } from 'node:v8';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';

const port = parentPort as MessagePort;
const answer = port.postMessage.bind(port) as (...args: unknown[]) => void;
port.postMessage = (...args: unknown[]) => {
  takeCoverage();
  answer(...args);
};
await import(String(workerData));
