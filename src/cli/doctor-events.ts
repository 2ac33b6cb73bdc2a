/** The doctor's look at those who are told of the KMS engine's events. No event is sent. */
import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { EventSinkConfig } from '../config/portcullis-config.ts';
import { EVENT_SCOPE } from '../domain/key/record-address.ts';
import type { RecordStore } from '../domain/ports/record-store.ts';
import { type DoctorFinding, found } from './doctor-finding.ts';

/** Whether each file can be written and each server answers. */
export async function sinkFindings(sinks: readonly EventSinkConfig[]): Promise<DoctorFinding[]> {
  const findings = await Promise.all(
    sinks.map(async (sink) => {
      if ('file' in sink) return [fileFinding(sink.name, sink.file)];
      return 'http' in sink ? [await serverFinding(sink.name, sink.http.url)] : [];
    }),
  );
  return findings.flat();
}

/** What has not been delivered, in a store that is open. */
export async function waitingFindings(
  store: RecordStore,
  sinks: readonly EventSinkConfig[],
): Promise<DoctorFinding[]> {
  const findings: DoctorFinding[] = [];
  let stranded = await store.count('event', EVENT_SCOPE);
  for (const { name } of sinks) {
    const count = await store.count('event', EVENT_SCOPE, name);
    stranded -= count;
    if (count > 0) findings.push(found(subjectOf(name), 'warning', `events wait for it: ${count}`));
  }
  if (stranded > 0) {
    const text = `for sinks that the configuration does not name any more: ${stranded}; they go to the sink that gets such a name`;
    findings.push(found('events', 'warning', text));
  }
  return findings;
}

function fileFinding(name: string, file: string): DoctorFinding {
  const subject = subjectOf(name);
  try {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats?.isDirectory() === true) return found(subject, 'problem', `${file} is a folder; name a file`);
    accessSync(stats === undefined ? dirname(file) : file, constants.W_OK);
    return found(subject, 'ok', `${file} can be written`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return found(
      subject,
      'problem',
      `${file} cannot be written (${code}); make its folder, or give access to it`,
    );
  }
}

/** Any answer will do: what it makes of an event is known only once there is one. */
async function serverFinding(name: string, url: string): Promise<DoctorFinding> {
  const { origin } = new URL(url);
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const { status } = await fetch(url, { method: 'HEAD', redirect: 'manual', signal });
    return found(subjectOf(name), 'ok', `${origin} answers (to HEAD, with status ${status})`);
  } catch (error) {
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    const text = `${origin} does not answer: ${reason}; events are kept until it does`;
    return found(subjectOf(name), 'problem', text);
  }
}

function subjectOf(name: string): string {
  return `events ${name}`;
}

const PATIENCE_MS = 5_000;
