/** How a message is sent. */
export interface SendOptions {
  /**
   * What the message is about, such as `score`: a newer one with the same key makes it worthless.
   *
   * Only with the `queuePolicy` `coalesce`, and only for clients that read too slowly: what still waits for them under this key is
   * replaced. The new message takes its place at the end of what waits. Keys are compared per client, whoever sends.
   */
  readonly key?: string;
}
