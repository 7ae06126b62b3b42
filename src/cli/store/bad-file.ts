import { StoreError } from '../../model/store-error.ts'
import { unusable } from '../input-file.ts'

/** What cannot be done with a store is the fault of the file, or of the disk that it lies on. @throws CommandError */
export async function asBadFile<Result>(path: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (thrown) {
    if (thrown instanceof StoreError) throw unusable(path, [thrown.message], thrown)
    throw thrown
  }
}
