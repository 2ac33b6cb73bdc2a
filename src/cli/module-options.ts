/** The options with which a command names a PKCS#11 module without a configuration. */
import { Option } from 'commander';
import { DEVICE_NAMES } from '../hsm/devices/profiles.ts';

/** `--module`, `--device`, `--env` and `--library-parameters`. */
export function moduleOptions(): Option[] {
  return [
    new Option('-m, --module <file>', 'PKCS#11 module of the device'),
    new Option('-d, --device <kind>', 'kind of device').choices(DEVICE_NAMES).default('softhsm2'),
    new Option('-e, --env <NAME=value...>', 'environment of the module').default([], 'nothing'),
    new Option('--library-parameters <text>', 'for the reserved argument of C_Initialize'),
  ];
}
