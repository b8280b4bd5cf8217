/** Something that happened to a context; beans with `onApplicationEvent` are told. */
export class ApplicationEvent {
  /** The context it happened to, or what else published it. */
  readonly source: object;

  constructor(source: object) {
    this.source = source;
  }
}

/** All singletons are made. */
export class ContextRefreshedEvent extends ApplicationEvent {}

/** The context was started. */
export class ContextStartedEvent extends ApplicationEvent {}

/** The context was stopped. */
export class ContextStoppedEvent extends ApplicationEvent {}

/** The context is about to destroy its beans. */
export class ContextClosedEvent extends ApplicationEvent {}
