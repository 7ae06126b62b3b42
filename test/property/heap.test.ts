import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HeapNode } from '../../src/scheduling/heap.ts'
import { IndexedHeap, notInHeap } from '../../src/scheduling/heap.ts'

interface Item extends HeapNode {
  key: number
  readonly serial: number
}

const compare = (one: Item, other: Item) => one.key - other.key || one.serial - other.serial

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('push' as const), key: fc.integer({ min: 0, max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pop' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), which: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('update' as const), which: fc.nat(), key: fc.integer({ min: 0, max: 20 }) }),
  },
)

describe('IndexedHeap', () => {
  it('answers as a sorted list does, whatever is done to it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const heap = new IndexedHeap<Item>(compare)
        const list: Item[] = []
        let serial = 0
        for (const action of steps) {
          const item = 'which' in action ? list[action.which % Math.max(1, list.length)] : undefined
          switch (action.do) {
            case 'push': {
              const pushed: Item = { key: action.key, serial: serial++, heapIndex: notInHeap }
              heap.push(pushed)
              list.push(pushed)
              break
            }
            case 'pop':
              expect(heap.pop()).toBe(list.shift())
              break
            case 'remove':
              if (!item) break
              expect(heap.remove(item)).toBe(true)
              expect(heap.has(item)).toBe(false)
              expect(heap.remove(item)).toBe(false)
              list.splice(list.indexOf(item), 1)
              break
            case 'update':
              if (!item) break
              item.key = action.key
              heap.update(item)
              break
          }
          list.sort(compare)
          expect(heap.size).toBe(list.length)
          expect(heap.peek()).toBe(list[0])
          expect([...heap.inOrder()]).toEqual(list)
          expect(list.every((one) => heap.has(one))).toBe(true)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('stays in order when items are taken out of the middle', () => {
    const keys = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 20, maxLength: 80 })
    fc.assert(
      fc.property(keys, fc.array(fc.nat(), { maxLength: 60 }), (list, removals) => {
        const heap = new IndexedHeap<Item>(compare)
        const items = list.map((key, serial): Item => ({ key, serial, heapIndex: notInHeap }))
        for (const item of items) heap.push(item)
        for (const which of removals) {
          const [removed] = items.splice(which % Math.max(1, items.length), 1)
          if (removed) heap.remove(removed)
          expect([...heap.inOrder()]).toEqual([...items].sort(compare))
        }
      }),
      { numRuns: 200 },
    )
  })

  it('reads the first K of n items in order for O(K log K) comparisons, without changing anything', () => {
    const comparisonsFor = (size: number, read: number) => {
      let comparisons = 0
      const heap = new IndexedHeap<Item>((one, other) => {
        comparisons++
        return compare(one, other)
      })
      for (let serial = 0; serial < size; serial++) {
        heap.push({ key: (serial * 7_919) % size, serial, heapIndex: notInHeap })
      }
      comparisons = 0
      const keys: number[] = []
      for (const { key } of heap.inOrder()) if (keys.push(key) === read) break
      expect(keys).toEqual(Array.from({ length: read }, (_, index) => index))
      expect(heap.size).toBe(size)
      return comparisons
    }
    expect(comparisonsFor(100_000, 100)).toBeLessThan(100 * 3 * Math.log2(100))
    expect(comparisonsFor(100_000, 100)).toBeLessThan(2 * comparisonsFor(1_000, 100))
  })
})
