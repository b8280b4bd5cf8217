import {
  type BroadcastStream,
  MultiThreadedApplicationAdapter,
  Red5,
  type Scope,
  type StreamParameters,
  type SubscriberStream,
} from 'red5-node';

export class Studio extends MultiThreadedApplicationAdapter {
  /** Who may publish, by the token in `rtmp://host/studio/cam?token=…`. */
  tokens: Readonly<Record<string, string>> = {};

  override appStart(scope: Scope): boolean | Promise<boolean> {
    this.registerStreamPublishSecurity({
      isPublishAllowed: (_scope, name, _mode, parameters) => this.#mayPublish(name, parameters),
    });
    this.registerStreamPlaybackSecurity({
      // A promise is waited for: look into a database, ask another server.
      isPlaybackAllowed: async (_scope, name) => !name.startsWith('private-'),
    });
    return super.appStart(scope);
  }

  #mayPublish(name: string, { token = '' }: StreamParameters): boolean {
    const user = this.tokens[token];
    // Lets the same user take over when an encoder comes back before its old connection is known to be dead.
    Red5.getConnectionLocal()?.setAttribute('principal', user);
    return user !== undefined && name.startsWith(`${user}-`);
  }

  override streamBroadcastStart(stream: BroadcastStream): void {
    stream.scope.setAttribute('onAir', this.getBroadcastStreamNames(stream.scope));
  }

  override streamBroadcastClose(stream: BroadcastStream): void {
    const names = this.getBroadcastStreamNames(stream.scope);
    stream.scope.setAttribute(
      'onAir',
      names.filter((name) => name !== stream.name),
    );
  }

  override streamSubscriberStart(stream: SubscriberStream): void {
    stream.connection?.setAttribute('watches', stream.name);
  }
}
