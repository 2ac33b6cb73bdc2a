/**
 * Runs in every test worker: writes the coverage that V8 has counted so far when a file's tests end. Workers
 * are stopped without the orderly exit at which Node.js would write it. Without NODE_V8_COVERAGE it does nothing.
 */
import { takeCoverage } from 'node:v8';
import { afterAll } from 'vitest';

afterAll(() => takeCoverage());
