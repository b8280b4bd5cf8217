/** What a client asks for: a method, of the application's handler or of a named service. */
export interface RemoteCall {
  /** Everything before the last dot of what the client wrote; absent for methods of the handler. */
  readonly service?: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** The answer to a {@link RemoteCall}; a new object each time. */
export type RemoteCallResult =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly code: 'NetConnection.Call.Failed';
      /** Why, for metrics and logs; not sent. */
      readonly reason: RemoteCallFailure;
      readonly description: string;
      /** Class of what the method threw. */
      readonly application?: unknown;
    };

/** The kinds of failure of a remote call. */
export type RemoteCallFailure =
  | 'SERVICE_NOT_FOUND'
  | 'METHOD_NOT_FOUND'
  | 'BAD_ARGUMENTS'
  | 'ACCESS_DENIED'
  | 'THREW'
  | 'TOO_MANY_CALLS'
  | 'NOT_CONNECTED'
  | 'SHUTTING_DOWN';
