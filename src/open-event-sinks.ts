/** Makes the sinks that a configuration names. */
import type { EventSinkConfig } from './config/portcullis-config.ts';
import type { EventSink } from './events/event-sink.ts';
import { FileSink } from './events/file-sink.ts';
import { HttpSink } from './events/http-sink.ts';
import { StreamSink } from './events/stream-sink.ts';

/** Opens nothing yet: a sink that is not there now may be when there is an event. */
export function openEventSinks(sinks: readonly EventSinkConfig[]): readonly EventSink[] {
  return sinks.map((sink) => {
    if ('file' in sink) return new FileSink(sink.name, sink.file);
    if ('http' in sink) return new HttpSink({ name: sink.name, ...sink.http });
    return new StreamSink(sink.name, process.stdout);
  });
}
