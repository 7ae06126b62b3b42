/** What a heap writes its place into: −1 while the item is in no heap. One item is in one heap at a time. */
export interface HeapNode {
  heapIndex: number
}

/** The index of an item that is in no heap. */
export const notInHeap = -1

/**
 * A binary min-heap whose items know their place: push, pop, remove and update in O(log n). `compare` is negative if
 * the first goes before the second; give it a tie-breaker, since a heap keeps no order among equals.
 */
export class IndexedHeap<T extends HeapNode> {
  readonly #items: T[] = []
  readonly #compare: (first: T, second: T) => number

  constructor(compare: (first: T, second: T) => number) {
    this.#compare = compare
  }

  get size(): number {
    return this.#items.length
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  has(item: T): boolean {
    return this.#items[item.heapIndex] === item
  }

  push(item: T): void {
    item.heapIndex = this.#items.length
    this.#items.push(item)
    this.#up(item)
  }

  pop(): T | undefined {
    const least = this.#items[0]
    if (least !== undefined) this.remove(least)
    return least
  }

  /** Takes the item out. Answers false, and does nothing, if it is not in this heap. */
  remove(item: T): boolean {
    const index = item.heapIndex
    if (this.#items[index] !== item) return false
    const last = this.#items.pop()
    item.heapIndex = notInHeap
    if (last !== undefined && last !== item) {
      this.#items[index] = last
      last.heapIndex = index
      this.update(last)
    }
    return true
  }

  /** Puts the item in its place after its order has changed. */
  update(item: T): void {
    this.#up(item)
    this.#down(item)
  }

  /** All items, in no order. */
  values(): IterableIterator<T> {
    return this.#items.values()
  }

  /**
   * The items in order, without taking them out: K items cost O(K log K) through a frontier of their children.
   * The heap must not change while this runs.
   */
  *inOrder(): Generator<T, undefined> {
    const first = this.#items[0]
    if (first === undefined) return
    yield first
    const frontier = new IndexedHeap<Visit<T>>((one, other) => this.#compare(one.item, other.item))
    this.#visitChildren(0, frontier)
    for (let next = frontier.pop(); next !== undefined; next = frontier.pop()) {
      yield next.item
      this.#visitChildren(next.index, frontier)
    }
  }

  #visitChildren(index: number, frontier: IndexedHeap<Visit<T>>): void {
    for (let child = 2 * index + 1; child <= 2 * index + 2; child++) {
      const item = this.#items[child]
      if (item !== undefined) frontier.push({ item, index: child, heapIndex: notInHeap })
    }
  }

  #up(item: T): void {
    let index = item.heapIndex
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = this.#items[parentIndex]
      if (parent === undefined || this.#compare(item, parent) >= 0) break
      this.#items[index] = parent
      parent.heapIndex = index
      index = parentIndex
    }
    this.#items[index] = item
    item.heapIndex = index
  }

  #down(item: T): void {
    let index = item.heapIndex
    for (;;) {
      const leftIndex = 2 * index + 1
      let child = this.#items[leftIndex]
      if (child === undefined) break
      let childIndex = leftIndex
      const right = this.#items[leftIndex + 1]
      if (right !== undefined && this.#compare(right, child) < 0) {
        child = right
        childIndex = leftIndex + 1
      }
      if (this.#compare(child, item) >= 0) break
      this.#items[index] = child
      child.heapIndex = index
      index = childIndex
    }
    this.#items[index] = item
    item.heapIndex = index
  }
}

interface Visit<T> extends HeapNode {
  readonly item: T
  readonly index: number
}
