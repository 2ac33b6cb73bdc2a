/** `portcullis version`. */
import { Command } from 'commander';
import { VERSION } from '../domain/version.ts';

export function versionCommand(): Command {
  return new Command('version')
    .description('print the version of Portcullis and of the Node.js it runs on')
    .addHelpText('after', EXAMPLE)
    .action(() => {
      process.stdout.write(`${versionText()}\n`);
    });
}

// One line, for bug reports.
function versionText(): string {
  return `portcullis ${VERSION} (Node.js ${process.versions.node}, ${process.platform} ${process.arch})`;
}

const EXAMPLE = `
  portcullis version

Exit code: 0, or 2 on wrong usage.`;
