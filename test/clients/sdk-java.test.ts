/** The AWS SDK for Java against an engine. */
import { javaProgram } from '../support/clients/java-program.ts';
import { describeKmsClient } from '../support/clients/kms-client-suite.ts';

describeKmsClient({
  name: 'the AWS SDK for Java',
  prepare: javaProgram,
  classOf: (code) => code.replace(/^KMS/, 'Kms'),
  own: { mlKem: false, mlDsa: false },
  untyped: 'KmsException',
});
