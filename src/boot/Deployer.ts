import path from 'node:path';
import type { Deployment, DeploymentReport } from './Deployment.ts';
import { type SlotOptions, WebappSlot } from './WebappSlot.ts';

/** Brings webapps into a running server and takes them out again; different webapps at the same time, one webapp step by step. */
export class Deployer {
  /** Told of each version that takes over. */
  onStarted: ((deployment: Deployment) => void) | undefined;
  readonly #options: SlotOptions;
  readonly #slots = new Map<string, WebappSlot>();
  #isStopping = false;

  constructor(options: Omit<SlotOptions, 'started'>) {
    this.#options = { ...options, started: (deployment) => this.onStarted?.(deployment) };
  }

  /** The webapps there are, in the order in which they came. */
  get slots(): readonly WebappSlot[] {
    return [...this.#slots.values()];
  }

  get deployments(): readonly Deployment[] {
    return this.slots.map(({ deployment }) => deployment);
  }

  /** The place of a webapp, made when it has none yet. */
  slotFor(name: string, folder: string): WebappSlot {
    const present = this.#slots.get(name);
    if (present !== undefined) return present;
    const slot = new WebappSlot(name, folder, this.#options);
    this.#slots.set(name, slot);
    return slot;
  }

  async deploy(folder: string): Promise<DeploymentReport> {
    const absolute = path.resolve(folder);
    const name = path.basename(absolute);
    if (this.#isStopping) return refused(name, 'the server is stopping');
    return await this.slotFor(name, absolute).deploy(absolute);
  }

  async redeploy(name: string): Promise<DeploymentReport> {
    const slot = this.#slots.get(name);
    if (this.#isStopping) return refused(name, 'the server is stopping');
    if (slot === undefined) return refused(name, `there is no webapp "${name}"`);
    return await slot.deploy(slot.folder);
  }

  async undeploy(name: string): Promise<DeploymentReport> {
    const slot = this.#slots.get(name);
    if (this.#isStopping) return refused(name, 'the server is stopping');
    if (slot === undefined) return refused(name, `there is no webapp "${name}"`);
    const report = await slot.undeploy();
    if (slot.isEmpty && this.#slots.get(name) === slot) this.#slots.delete(name);
    return report;
  }

  /** Refuses whatever is asked for from now on, and gives up what is being started. */
  close(): void {
    this.#isStopping = true;
    for (const slot of this.slots) slot.giveUp();
  }

  /** Stops all webapps at the same time: one that hangs must not take the time of the others. */
  async stop(deadline: AbortSignal): Promise<readonly DeploymentReport[]> {
    this.close();
    return await Promise.all(this.slots.toReversed().map((slot) => slot.undeploy(deadline)));
  }
}

function refused(name: string, why: string): DeploymentReport {
  return { name, ok: false, generation: 0, problems: [why] };
}
