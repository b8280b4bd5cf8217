import type { DeploymentPolicy } from './DeploymentPolicy.ts';
import type { ConnectionListener } from './ScopeHandler.ts';
import type { WebScope } from './WebScope.ts';

/**
 * Lets the clients of an application go that was replaced: at once, or after a time in which they may leave by themselves, and then in
 * batches.
 *
 * Resolves when nobody is connected any more, or when the signal aborts; who is left then goes when the application is stopped.
 */
export async function retire(
  application: WebScope,
  policy: DeploymentPolicy,
  signal: AbortSignal,
): Promise<void> {
  const { server } = application;
  const patienceMs = policy.connections === 'keep' ? policy.keepMs : policy.graceMs;
  await untilEmpty(application, patienceMs, signal);
  while (application.connections.size > 0 && !signal.aborted) {
    const batch = [...application.connections].slice(0, Math.max(1, policy.batchSize));
    await server.disconnectSome(batch, `application ${application.name} has a new version`);
    if (application.connections.size === 0) return;
    await untilEmpty(application, policy.batchIntervalMs, signal);
  }
}

/** Waits until nobody is connected, or for a time, or for the signal. */
function untilEmpty(application: WebScope, timeMs: number, signal: AbortSignal): Promise<void> {
  const { server } = application;
  return new Promise((resolve) => {
    const listener: ConnectionListener = {
      disconnected: () => {
        if (application.connections.size === 0) done();
      },
    };
    const timer = server.clock.after(timeMs, () => done());
    const done = (): void => {
      timer.cancel();
      server.removeConnectionListener(listener);
      signal.removeEventListener('abort', done);
      resolve();
    };
    server.addConnectionListener(listener);
    signal.addEventListener('abort', done);
    if (application.connections.size === 0 || signal.aborted) done();
  });
}
