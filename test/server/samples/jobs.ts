import { MultiThreadedApplicationAdapter, type Scope } from 'red5-node';

export class Clockwork extends MultiThreadedApplicationAdapter {
  override appStart(scope: Scope): boolean {
    this.addScheduledJob(60_000, () => this.tidyUp(scope));
    this.addScheduledOnceJob(5000, () => this.tidyUp(scope));
    this.addScheduledCronJob('0 4 * * *', () => this.tidyUp(scope), 'Europe/Berlin');
    return true;
  }

  tidyUp(scope: Scope): void {
    for (const name of scope.getScopeNames()) scope.server.logger.debug('a room', { name });
  }
}
