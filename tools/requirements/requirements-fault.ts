/** Something the person at the keyboard can mend: wrong place, wrong option, no files. */
export class RequirementsFault extends Error {
  override readonly name = 'RequirementsFault';
}
