/** `portcullis status`: what a running process says of itself, its tokens and their hosts. */
import { Command } from 'commander';
import { controlGet } from '../edge/control/control-client.ts';
import { type ControlOptions, controlOptions, controlSocket } from './control-socket.ts';

export function statusCommand(): Command {
  const command = new Command('status')
    .description('ask the running proxy how it is')
    .option('--json', 'print the whole answer as JSON', false)
    .addHelpText('after', EXAMPLE)
    .action((options: ControlOptions & { json: boolean }) => runStatus(options));
  for (const option of controlOptions()) command.addOption(option);
  return command;
}

async function runStatus(options: ControlOptions & { readonly json: boolean }): Promise<void> {
  const status = (await controlGet(controlSocket(options), '/status')) as StatusPage;
  process.stdout.write(options.json ? `${JSON.stringify(status, null, 2)}\n` : statusText(status));
  if (!isHealthy(status)) process.exitCode = 1;
}

/** The part of the page that is shown; the page comes from a process of the same version. */
interface StatusPage {
  readonly version: string;
  readonly generation: number;
  readonly config: string;
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly hosts: readonly { token: string; work?: string; pid?: number; phase: string; reason: string }[];
  readonly tokens: readonly { token: string; model: string; status: string; reason: string }[];
  readonly pathPrefixes: readonly string[];
}

function isHealthy({ ready, tokens }: StatusPage): boolean {
  return ready && tokens.every(({ status }) => status === 'ACTIVE');
}

/** The page for people: what is well in a line each, what is not with its reason. */
export function statusText(status: StatusPage): string {
  const because = (reason: string): string => (reason === '' ? '' : `: ${reason}`);
  const lines = [
    `portcullis ${status.version}, ${status.ready ? 'ready' : 'not ready'}, configuration generation ${status.generation} of ${status.config}`,
    ...status.reasons.map((reason) => `  ${reason}`),
    ...status.tokens.map(
      (each) => `token ${each.token} (${each.model}) ${each.status}${because(each.reason)}`,
    ),
    ...status.hosts.map(
      (each) =>
        `host ${each.pid ?? '-'} of ${each.token}${each.work === 'slow' ? ' (slow work)' : ''} ${each.phase}${because(each.reason)}`,
    ),
    ...status.pathPrefixes.map((prefix) => `serving ${prefix}/kms/xks/v1`),
  ];
  return `${lines.join('\n')}\n`;
}

const EXAMPLE = `
  portcullis status --config /etc/portcullis/portcullis.yaml
  portcullis status --socket /run/portcullis/control.sock --json | jq .tokens

Exit code: 0 ready and every token ACTIVE, 1 anything else (also when nothing runs), 2 wrong usage.`;
