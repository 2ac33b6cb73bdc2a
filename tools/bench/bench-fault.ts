/** Something that the person who runs the benchmark can mend, or a result that must not be published. */
export class BenchFault extends Error {
  override readonly name = 'BenchFault';
}
