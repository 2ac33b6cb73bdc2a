/** A program that commits until it is killed; see crash-writer.ts. */
import { writeForEver } from './crash-writer.ts';

await writeForEver(String(process.argv[2]), String(process.argv[3]));
