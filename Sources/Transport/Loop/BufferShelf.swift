import NIOCore

/// Buffers of one loop that were used and are free again, for the next that needs one.
///
/// One that somebody still holds is no loss: `take` then gets memory of its own.
final class BufferShelf {
    private var buffers: [ByteBuffer] = []
    private let allocator = ByteBufferAllocator()

    /// An empty buffer with room for `capacity` bytes.
    func take(_ capacity: Int) -> ByteBuffer {
        guard var buffer = buffers.popLast() else { return allocator.buffer(capacity: capacity) }
        buffer.clear(minimumCapacity: capacity)
        return buffer
    }

    /// What was in it was used. Large ones, and more than a few, are not kept.
    func put(back buffer: ByteBuffer) {
        guard buffers.count < Self.most, buffer.capacity <= Self.largest, buffer.capacity > 0 else {
            return
        }
        buffers.append(buffer)
    }

    private static let most = 8
    private static let largest = 64 << 10
}
