import type { IncomingMessage, ServerResponse } from 'node:http';

/** Answers a request with a file: with validators and ranges, as static files are. */
export type SendFile = (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
) => Promise<void>;

/** A protocol that answers plain HTTP requests, such as event streams. The HTTP server asks its handlers before it looks for files. */
export interface RequestHandler {
  /**
   * Takes a request over and answers it; false leaves it, untouched, to the next.
   *
   * @param sendFile - undefined on ports that serve no files
   */
  handleRequest(request: IncomingMessage, response: ServerResponse, sendFile?: SendFile): boolean;
}
