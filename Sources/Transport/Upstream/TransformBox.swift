import NIOCore

/// A body transform that changes where it lies.
final class TransformBox {
    private var transform: any BodyTransform

    init(_ transform: any BodyTransform) { self.transform = transform }

    func push(_ bytes: Span<UInt8>) throws(BodyTransformFailure) -> ByteBuffer {
        ByteBuffer(bytes: try transform.push(bytes))
    }

    func finish() throws(BodyTransformFailure) -> ByteBuffer {
        ByteBuffer(bytes: try transform.finish())
    }
}
