/** How a connect ended; the object is the receiver's own. */
export type ConnectResult =
  | { readonly accepted: true }
  | {
      readonly accepted: false;
      readonly code:
        | 'NetConnection.Connect.InvalidApp'
        | 'NetConnection.Connect.Rejected'
        | 'NetConnection.Connect.Failed'
        | 'NetConnection.Connect.AppShutdown';
      readonly description: string;
      /** The reason given to `rejectClient`. */
      readonly application?: unknown;
    };
