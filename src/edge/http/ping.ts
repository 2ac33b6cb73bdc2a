/** Path of the unauthenticated check of load balancers, with or without a query. */
export function isPing(rawUrl: string): boolean {
  return rawUrl === PING || rawUrl.startsWith(`${PING}?`);
}

const PING = '/ping';
