/** docs/metrics.md tells of each metric what the registry knows of it, and its expressions ask for what there is. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type CatalogueEntry, createMeter } from '../../../src/metrics/meter.ts';

const PAGE = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
const REGISTERED = createMeter().catalogue();

/** The rows of the tables of metrics: name, type, meaning, labels. */
function documentedIn(page: string): CatalogueEntry[] {
  const rows = page.matchAll(/^\| `(\w+)` \| (\w+) \| (.*) \|(?: (.*))? \|$/gm);
  return [...rows].map(([, name = '', type = '', help = '', labels = '']) => ({
    name,
    type: type as CatalogueEntry['type'],
    help,
    labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label),
  }));
}

/** The second column of a table of questions. */
function expressionsIn(page: string): string[] {
  return [...page.matchAll(/^\| [^|`]+\? \| `([^`]+)` \|/gm)].map(([, text = '']) => text);
}

/** Metrics and label names in expressions that the registry does not have. */
function unknownIn(page: string): string[] {
  return expressionsIn(page).flatMap((expression) =>
    [...expression.matchAll(/((?:portcullis|nodejs|process)_\w+)(?:\{([^}]*)\})?/g)].flatMap(
      ([, name = '', matchers = '']) => {
        const metric = REGISTERED.find((each) => seriesOf(each).includes(name));
        const labels = [...matchers.matchAll(/(\w+)\s*(?:!?=~?|!~)/g)].map(([, label = '']) => label);
        if (metric === undefined) return [name];
        return labels.filter((label) => !metric.labels.includes(label)).map((label) => `${name}{${label}}`);
      },
    ),
  );
}

function seriesOf({ name, type }: CatalogueEntry): string[] {
  return type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}

const withoutHelp = ({ name, type, labels }: CatalogueEntry) => ({ name, type, labels });
const byName = (one: { name: string }, other: { name: string }) => one.name.localeCompare(other.name);

describe('docs/metrics.md', () => {
  it('lists every metric that there is with its type and labels, and none that there is not', () => {
    expect(REGISTERED.length).toBeGreaterThan(40);
    expect(documentedIn(PAGE).map(withoutHelp).toSorted(byName)).toEqual(
      REGISTERED.map(withoutHelp).toSorted(byName),
    );
  });

  it('says of each metric of ours what it says itself', () => {
    const ours = (all: readonly CatalogueEntry[]) =>
      all.filter(({ name }) => name.startsWith('portcullis_')).map(({ name, help }) => `${name}: ${help}`);
    expect(ours(REGISTERED).length).toBeGreaterThan(10);
    expect(ours(documentedIn(PAGE)).toSorted()).toEqual(ours(REGISTERED).toSorted());
  });

  it('asks in its expressions only for metrics and labels that there are', () => {
    expect(expressionsIn(PAGE).length).toBeGreaterThan(10);
    expect(unknownIn(PAGE)).toEqual([]);
  });

  it('names the bounds of the buckets', async () => {
    const meter = createMeter();
    meter.request({ operation: 'Encrypt', pathPrefix: '/a', errorName: '', seconds: 0.004 });
    const bounds = [...(await meter.exposition()).matchAll(/^portcullis_\w+_bucket\{le="([\d.]+)"/gm)];
    const ms = bounds.map(([, seconds]) => Math.round(Number(seconds) * 10_000) / 10).slice(0, -1);
    expect(bounds.at(-1)?.[1]).toBe('1');
    expect(PAGE.replaceAll('\n', ' ')).toContain(
      `end at ${ms.slice(0, -1).join(', ')} and ${ms.at(-1)} ms and at 1 s`,
    );
  });
});

describe('these checks themselves', () => {
  it('read the tables', () => {
    expect(documentedIn('| `a_total` | counter | Says it. | `one`, `two` |\n| `b` | gauge | B | |')).toEqual([
      { name: 'a_total', type: 'counter', help: 'Says it.', labels: ['one', 'two'] },
      { name: 'b', type: 'gauge', help: 'B', labels: [] },
    ]);
  });

  it.for([
    { expression: 'portcullis_token_state == 1', unknown: ['portcullis_token_state'] },
    {
      expression: 'rate(portcullis_xks_request_duration_seconds[1m])',
      unknown: ['portcullis_xks_request_duration_seconds'],
    },
    {
      expression: 'portcullis_token_status{state!="ACTIVE"} == 1',
      unknown: ['portcullis_token_status{state}'],
    },
    { expression: 'portcullis_token_status{token=~"a.*", status!="ACTIVE"} == 1', unknown: [] },
  ])('find what is unknown in $expression', ({ expression, unknown }) => {
    expect(unknownIn(`| Is it so? | \`${expression}\` | now |`)).toEqual(unknown);
  });
});
