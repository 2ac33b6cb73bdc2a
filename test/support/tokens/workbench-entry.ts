/** The workbench's process: one order on standard input, one JSON document on standard output, then its end. */
import { text } from 'node:stream/consumers';
import type { WorkbenchOrder } from './workbench-orders.ts';
import { work } from './workbench-work.ts';

const order = JSON.parse(await text(process.stdin)) as WorkbenchOrder;
process.stdout.write(JSON.stringify(work(order)));
