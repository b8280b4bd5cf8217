import type { MaybePromise } from '../MaybePromise.ts';
import type { Scope } from '../scope/Scope.ts';

/** How a stream is published: `live`, or recorded as well, over or after what was recorded before. */
export type PublishMode = 'live' | 'record' | 'append';

/** What stands behind the `?` of a stream's name. */
export type StreamParameters = Readonly<Record<string, string>>;

/**
 * Decides who may publish, before anything else happens and whatever protocol the publisher speaks.
 *
 * All handlers of an application must say `true`; a promise is waited for, anything else and throwing is no. The publisher is
 * `Red5.getConnectionLocal()`.
 *
 * @red5 org.red5.server.api.stream.IStreamPublishSecurity
 */
export interface StreamPublishSecurity {
  /** Whether the connection of this call may publish the stream. */
  isPublishAllowed(
    scope: Scope,
    name: string,
    mode: PublishMode,
    parameters: StreamParameters,
  ): MaybePromise<boolean>;
}

/**
 * Decides who may play, live or recorded, before anything is sent and whatever protocol the player speaks.
 *
 * @red5 org.red5.server.api.stream.IStreamPlaybackSecurity
 */
export interface StreamPlaybackSecurity {
  /**
   * Whether the connection of this call may play the stream.
   *
   * @param start - seconds; -2: live or recorded, -1: live only
   * @param length - seconds; -1: all
   * @param flushPlaylist - whether what played before ends
   */
  isPlaybackAllowed(
    scope: Scope,
    name: string,
    start: number,
    length: number,
    flushPlaylist: boolean,
    parameters: StreamParameters,
  ): MaybePromise<boolean>;
}
