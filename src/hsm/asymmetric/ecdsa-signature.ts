/**
 * The two forms of an ECDSA signature: `r ‖ s`, each with as many bytes as a coordinate, as tokens make it; and the DER
 * of ECDSA-Sig-Value (RFC 3279, 2.2.3), as the API has it.
 */
import type * as Asn1Ecc from '@peculiar/asn1-ecc';
import type * as Asn1Schema from '@peculiar/asn1-schema';
import { HsmFault } from '../../domain/hsm-fault.ts';
import { whenNeeded } from './when-needed.ts';

/** Fault `internal` for what has not two halves of `fieldBytes`. */
export function ecdsaDer(signature: Uint8Array, fieldBytes: number): Buffer {
  if (signature.length !== 2 * fieldBytes) {
    throw new HsmFault('internal', `a signature has ${signature.length} bytes, not ${2 * fieldBytes}`);
  }
  const r = integerOf(signature.subarray(0, fieldBytes));
  const s = integerOf(signature.subarray(fieldBytes));
  const { ECDSASigValue } = asn1Ecc();
  return Buffer.from(asn1Schema().AsnConvert.serialize(new ECDSASigValue({ r, s })));
}

/** The content of an INTEGER: no zeros in front but the one that keeps it positive. */
function integerOf(number: Uint8Array): ArrayBuffer {
  const first = number.findIndex((byte) => byte !== 0);
  const bytes = first < 0 ? Uint8Array.of(0) : number.slice(first);
  return Uint8Array.from((bytes[0] ?? 0) < 0x80 ? bytes : [0, ...bytes]).buffer;
}

const asn1Schema = whenNeeded<typeof Asn1Schema>('@peculiar/asn1-schema');
const asn1Ecc = whenNeeded<typeof Asn1Ecc>('@peculiar/asn1-ecc');
