/** A call of the KMS API over HTTP, signed with aws4, for tests that need many at once and know nothing of the SDK's retries. */
import http from 'node:http';
import aws4 from 'aws4';

export const CALLER = {
  accessKeyId: 'AKIDCRASH',
  secretAccessKey: 'known-to-this-test-alone',
  account: '111122223333',
};

export interface KmsAnswer {
  readonly status: number;
  /** The name of the error; empty for a success. */
  readonly error: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Rejects when there is no whole answer. */
export type CallKms = (operation: string, input: Readonly<Record<string, unknown>>) => Promise<KmsAnswer>;

/** Connections of their own: dispose of them at the end. */
export function kmsCaller(endpoint: string): CallKms & Disposable {
  const agent = new http.Agent({ keepAlive: true });
  const call: CallKms = (operation, input) => send(endpoint, operation, input, agent);
  return Object.assign(call, { [Symbol.dispose]: () => agent.destroy() });
}

function send(
  endpoint: string,
  operation: string,
  input: Readonly<Record<string, unknown>>,
  agent: http.Agent,
): Promise<KmsAnswer> {
  const { host, hostname, port } = new URL(endpoint);
  const signed = aws4.sign(
    {
      host,
      path: '/',
      method: 'POST',
      service: 'kms',
      region: 'eu-west-1',
      headers: { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': `TrentService.${operation}` },
      body: JSON.stringify(input),
    },
    CALLER,
  );
  const headers = { ...signed.headers } as http.OutgoingHttpHeaders;
  return new Promise((resolve, reject) => {
    const request = http.request(
      { agent, method: 'POST', path: '/', hostname, port, headers },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => resolve(answerOf(response.statusCode ?? 0, Buffer.concat(chunks))));
      },
    );
    request.once('error', reject);
    request.end(signed.body);
  });
}

function answerOf(status: number, bytes: Buffer): KmsAnswer {
  const body = bytes.length === 0 ? {} : (JSON.parse(bytes.toString('utf8')) as Record<string, unknown>);
  return { status, error: status === 200 ? '' : String(body['__type'] ?? status), body };
}
