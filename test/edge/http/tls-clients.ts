/** Real TLS clients, as child processes: the openssl and curl that operators have. */
import { spawn } from 'node:child_process';

export interface Finished {
  readonly code: number | null;
  /** Standard output, then standard error. */
  readonly output: string;
}

/** One GET over `openssl s_client`; its report is in front of the answer. */
export function sClient(port: number, ...args: readonly string[]): Promise<Finished> {
  const all = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'localhost', '-ign_eof', ...args];
  return run('openssl', all, GET);
}

export function curl(port: number, ...args: readonly string[]): Promise<Finished> {
  const url = `https://localhost:${port}/`;
  return run('curl', ['--silent', '--show-error', '--noproxy', '*', '--max-time', '10', ...args, url], '');
}

/** The suite that a report of `sClient` names; `(NONE)` when the handshake failed. */
export function suiteOf(report: string): string | undefined {
  return /Cipher is (\S+)/.exec(report)?.[1];
}

function run(command: string, args: readonly string[], input: string): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'pipe' });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin.on('error', () => {});
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({ code, output: Buffer.concat([...out, ...err]).toString('latin1') }),
    );
    child.stdin.end(input);
  });
}

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
