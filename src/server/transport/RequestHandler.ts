import type { IncomingMessage, ServerResponse } from 'node:http';

/** A protocol that answers plain HTTP requests, such as event streams. The HTTP server asks its handlers before it looks for files. */
export interface RequestHandler {
  /** Takes a request over and answers it; false leaves it, untouched, to the next. */
  handleRequest(request: IncomingMessage, response: ServerResponse): boolean;
}
