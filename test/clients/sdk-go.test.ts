/** The AWS SDK for Go against an engine. */
import { goProgram } from '../support/clients/go-program.ts';
import { describeKmsClient } from '../support/clients/kms-client-suite.ts';

describeKmsClient({
  name: 'the AWS SDK for Go',
  prepare: goProgram,
  own: { mlKem: true, mlDsa: false },
  untyped: 'GenericAPIError',
});
