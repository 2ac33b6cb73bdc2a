/** TypeScript types of the API from its model: what the engine takes and gives, with members in lowerCamelCase. */
import { lowerCamel } from '../../src/edge/kms/lower-camel.ts';
import type { Model, Shape } from '../../src/edge/kms/model.ts';

/** File name → content, all below one folder. */
export function apiTypes(model: Model): Record<string, string> {
  const requests = new Set<string>();
  const responses = new Set<string>();
  for (const { input, output } of Object.values(model.operations)) {
    requests.add(input);
    if (output !== undefined) responses.add(output);
  }
  const names = reachable(model, [...requests, ...responses]);
  const structures = names.filter((name) => model.shapes[name]?.type === 'structure');
  const enums = names.filter((name) => model.shapes[name]?.enum !== undefined);
  const types = structures.filter((name) => !requests.has(name) && !responses.has(name));
  const interfaces = (wanted: readonly string[]): string =>
    wanted.map((name) => interfaceText(name, model)).join('\n');
  return {
    'enums.ts': file(
      'Values that members of the API may take.',
      '',
      enums.map((name) => enumText(name, model)).join('\n'),
    ),
    'types.ts': file('Structures within requests and answers.', imports(model, types), interfaces(types)),
    'requests.ts': file(
      'Requests, by the name of their shape.',
      imports(model, [...requests]),
      interfaces([...requests].sort()),
    ),
    'responses.ts': file(
      'Answers, by the name of their shape.',
      imports(model, [...responses]),
      interfaces([...responses].sort()),
    ),
    'operations.ts': operationsText(model, [...requests].sort(), [...responses].sort()),
  };
}

function reachable(model: Model, roots: readonly string[]): string[] {
  const seen = new Set<string>();
  const queue = [...roots];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const { members, member, key, value } = model.shapes[name] as Shape;
    for (const each of [...Object.values(members ?? {}), member, key, value]) {
      if (each !== undefined) queue.push(each.shape);
    }
  }
  return [...seen].sort();
}

function interfaceText(name: string, model: Model): string {
  const { members = {}, required = [] } = model.shapes[name] as Shape;
  const lines = Object.entries(members)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(
      ([member, { shape }]) =>
        `  readonly ${lowerCamel(member)}${required.includes(member) ? '' : '?'}: ${typeText(shape, model)};`,
    );
  if (lines.length === 0) return `export type ${name} = Readonly<Record<never, never>>;\n`;
  return `export interface ${name} {\n${lines.join('\n')}\n}\n`;
}

function enumText(name: string, model: Model): string {
  const values = [...((model.shapes[name] as Shape).enum ?? [])].sort();
  return `export type ${name} =\n${values.map((value) => `  | '${value}'`).join('\n')};\n`;
}

function typeText(name: string, model: Model): string {
  const shape = model.shapes[name] as Shape;
  switch (shape.type) {
    case 'structure':
      return name;
    case 'list':
      return `readonly ${typeText((shape.member as { shape: string }).shape, model)}[]`;
    case 'map':
      return 'Readonly<Record<string, string>>';
    case 'string':
      return shape.enum === undefined ? 'string' : name;
    case 'blob':
      return 'Uint8Array';
    case 'boolean':
      return 'boolean';
    case 'integer':
    case 'timestamp':
      return 'number';
  }
}

function imports(model: Model, names: readonly string[]): string {
  const own = new Set(names);
  const enums = new Set<string>();
  const types = new Set<string>();
  for (const name of names) {
    for (const { shape } of Object.values((model.shapes[name] as Shape).members ?? {})) {
      const target =
        model.shapes[shape]?.type === 'list' ? (model.shapes[shape]?.member?.shape ?? shape) : shape;
      if (model.shapes[target]?.enum !== undefined) enums.add(target);
      else if (model.shapes[target]?.type === 'structure' && !own.has(target)) types.add(target);
    }
  }
  return importLine(enums, './enums.ts') + importLine(types, './types.ts');
}

function importLine(names: ReadonlySet<string>, from: string): string {
  if (names.size === 0) return '';
  return `import type {\n${[...names]
    .sort()
    .map((name) => `  ${name},\n`)
    .join('')}} from '${from}';\n`;
}

function operationsText(model: Model, requests: readonly string[], responses: readonly string[]): string {
  const rows = Object.entries(model.operations).map(
    ([name, { input, output }]) =>
      `  readonly ${name}: { readonly input: ${input}; readonly output: ${output ?? 'undefined'} };`,
  );
  const names = Object.keys(model.operations).map((name) => `  '${name}',`);
  return file(
    'Operations of the API, each with what it takes and gives; `undefined`: an empty body.',
    importLine(new Set(requests), './requests.ts') + importLine(new Set(responses), './responses.ts'),
    `export interface KmsOperations {\n${rows.join('\n')}\n}\n\nexport type KmsOperationName = keyof KmsOperations;\n\nexport const KMS_OPERATION_NAMES = [\n${names.join('\n')}\n] as const satisfies readonly KmsOperationName[];\n`,
  );
}

function file(what: string, imports: string, body: string): string {
  return `/** ${what} Generated by tools/kms-model.ts; times are milliseconds since 1970. */\n${imports}\n${body}`;
}
