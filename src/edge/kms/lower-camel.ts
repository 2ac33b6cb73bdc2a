/** `KeyId` → `keyId`, `AWSAccountId` → `awsAccountId`: a member's name in our types, and in AWS's validation messages. */
export function lowerCamel(name: string): string {
  return name.replace(/^[A-Z]+(?=[A-Z][a-z])|^[A-Z]/, (head) => head.toLowerCase());
}
