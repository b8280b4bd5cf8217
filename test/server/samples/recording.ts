import {
  type BroadcastStream,
  MultiThreadedApplicationAdapter,
  type StreamRecorder,
} from 'red5-node';

export class Studio extends MultiThreadedApplicationAdapter {
  override async streamBroadcastStart(stream: BroadcastStream): Promise<void> {
    const recorder = stream.scope.context?.getBean<StreamRecorder>('stream.recorder');
    const day = new Date().toISOString().slice(0, 10);
    if (stream.name.startsWith('show-')) {
      await recorder?.record(stream, { name: `${day}/${stream.name}`, append: true });
    }
  }

  override streamRecordStop(stream: BroadcastStream): void {
    stream.scope.setAttribute('lastRecorded', stream.name);
  }
}
