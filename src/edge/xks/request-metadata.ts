/** The requestMetadata of each operation (XKS Proxy API specification, request payloads). */
import type { RequestAttributes } from '../../domain/xks/request-attributes.ts';
import { asObject, type JsonObject, optionalText, requiredText } from './json-fields.ts';
import type { XksOperation } from './route.ts';

type MetadataField = keyof Omit<RequestAttributes, 'region' | 'accessKeyId'>;

/**
 * What each operation must and may carry. Contents are not validated: kmsRequestId is opaque and may be
 * empty, any kmsOperation is taken, an ARN has any length that the body allows.
 * @req X-12 X-13 X-14 X-15 X-16 X-17
 */
const METADATA_FIELDS = {
  GetKeyMetadata: {
    required: ['awsPrincipalArn', 'kmsOperation', 'kmsRequestId'],
    optional: ['awsSourceVpc', 'awsSourceVpce'],
  },
  Encrypt: {
    required: ['awsPrincipalArn', 'kmsOperation', 'kmsRequestId', 'kmsKeyArn'],
    optional: ['awsSourceVpc', 'awsSourceVpce', 'kmsViaService'],
  },
  Decrypt: {
    required: ['awsPrincipalArn', 'kmsOperation', 'kmsRequestId', 'kmsKeyArn'],
    optional: ['awsSourceVpc', 'awsSourceVpce', 'kmsViaService'],
  },
  GetHealthStatus: { required: ['kmsRequestId', 'kmsOperation'], optional: [] },
} as const satisfies Record<
  XksOperation,
  { readonly required: readonly MetadataField[]; readonly optional: readonly MetadataField[] }
>;

/** The metadata of one request, and what it carried besides. */
export interface ParsedMetadata {
  readonly attributes: RequestAttributes;
  /** Fields that the operation does not define: kept for the log, used for nothing. Undefined when there are none. */
  readonly others: JsonObject | undefined;
}

/**
 * Checks presence and type, nothing else; unknown fields are tolerated.
 * @req X-12 X-13 X-16 X-17 X-18 X-48
 */
export function parseRequestMetadata(
  operation: XksOperation,
  body: JsonObject,
  caller: { readonly region: string; readonly accessKeyId: string },
): ParsedMetadata {
  const metadata = asObject(body['requestMetadata'], 'requestMetadata');
  const fields = METADATA_FIELDS[operation];
  const texts: Partial<Record<MetadataField, string>> = {};
  let known = 0;
  for (const field of fields.required) {
    texts[field] = requiredText(metadata, field, `requestMetadata.${field}`);
    known += 1;
  }
  for (const field of fields.optional) {
    const text = optionalText(metadata, field, `requestMetadata.${field}`);
    if (text === undefined) continue;
    texts[field] = text;
    known += 1;
  }
  const others = Object.keys(metadata).length === known ? undefined : fieldsBeside(metadata, texts);
  return { attributes: attributesOf(texts, caller), others };
}

function attributesOf(
  texts: Partial<Record<MetadataField, string>>,
  caller: { readonly region: string; readonly accessKeyId: string },
): RequestAttributes {
  return {
    kmsRequestId: texts.kmsRequestId ?? '',
    kmsOperation: texts.kmsOperation ?? '',
    awsPrincipalArn: texts.awsPrincipalArn,
    kmsKeyArn: texts.kmsKeyArn,
    kmsViaService: texts.kmsViaService,
    awsSourceVpc: texts.awsSourceVpc,
    awsSourceVpce: texts.awsSourceVpce,
    region: caller.region,
    accessKeyId: caller.accessKeyId,
  };
}

function fieldsBeside(metadata: JsonObject, texts: object): JsonObject {
  return Object.fromEntries(Object.entries(metadata).filter(([field]) => !Object.hasOwn(texts, field)));
}
