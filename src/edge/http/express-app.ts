/**
 * Requests of the listeners for operators and monitors go through an Express application of one middleware. Express
 * parses nothing that a client sent (no query, no routes, no body), so that a hostile target or header meets our own
 * code alone.
 */
import express from 'express';
import { type AppOptions, fail, type RequestListener, take } from './app.ts';

export function createExpressApp(options: AppOptions): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.use((request, response) => take(request, response, request.originalUrl, options));
  return (request, response) => {
    // Express's router looks at `url` and our code at `originalUrl`: the router always sees a plain path.
    Object.assign(request, { originalUrl: request.url ?? '', url: '/' });
    app(request as express.Request, response as express.Response, (error: unknown) =>
      fail(error, response, options),
    );
  };
}
