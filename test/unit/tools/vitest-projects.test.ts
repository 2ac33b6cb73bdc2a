import { expect, it } from 'vitest';
import config from '../../../vitest.config.ts';

interface Project {
  readonly test: { readonly name: string; readonly sequence: { readonly groupOrder: number } };
}

it('projects can be asked for together: vitest refuses two of one group with other numbers of workers', () => {
  const { test } = config as unknown as { readonly test: { readonly projects: readonly Project[] } };
  const groups = test.projects.map((project) => project.test.sequence.groupOrder);
  expect(groups.length).toBeGreaterThan(10);
  expect(new Set(groups).size).toBe(groups.length);
});
