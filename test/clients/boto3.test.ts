/** boto3 against an engine. */
import { describeKmsClient } from '../support/clients/kms-client-suite.ts';
import { pythonProgram } from '../support/clients/python-program.ts';

describeKmsClient({
  name: 'boto3',
  prepare: () => pythonProgram('kms_client.py', 'boto3', 'cryptography'),
  own: { mlKem: true, mlDsa: true },
  untyped: 'ClientError',
});
