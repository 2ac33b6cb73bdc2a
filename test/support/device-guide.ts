/**
 * The guides of docs/devices, taken apart. The info string of a box says what it is: `sh run` is run by a test, `sh
 * background` is started and left to run, any other `sh` or `text` is for the reader alone, and everything else is a file
 * of the name that follows its language.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Box {
  readonly kind: 'command' | 'background' | 'reader' | 'file';
  /** Of a file. */
  readonly name: string;
  readonly text: string;
  /** The heading that it is under. */
  readonly section: string;
  /** What stands between that heading and the box. */
  readonly before: string;
}

export const GUIDES: readonly string[] = readdirSync(join(import.meta.dirname, '../../docs/devices'))
  .filter((file) => file.endsWith('.md') && file !== 'README.md')
  .map((file) => file.replace(/\.md$/, ''));

export function readGuide(guide: string): string {
  return readFileSync(join(import.meta.dirname, '../../docs/devices', `${guide}.md`), 'utf8');
}

export function sectionsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);
}

export function boxesOf(markdown: string): Box[] {
  const boxes = markdown.matchAll(/^```(\w*)(?: (\S+))?\n([\s\S]*?)^```$/gm);
  return [...boxes].map(({ 1: language = '', 2: note = '', 3: text = '', index }) => {
    const start = markdown.lastIndexOf('\n## ', index);
    const [section = '', ...before] = markdown.slice(start, index).trim().split('\n');
    const kind = kindOf(language, note);
    return {
      kind,
      name: kind === 'file' ? note : '',
      text,
      section: section.replace('## ', ''),
      before: before.join('\n'),
    };
  });
}

function kindOf(language: string, note: string): Box['kind'] {
  if (language === 'sh' && note === 'run') return 'command';
  if (language === 'sh' && note === 'background') return 'background';
  return language === 'sh' || language === 'text' ? 'reader' : 'file';
}
