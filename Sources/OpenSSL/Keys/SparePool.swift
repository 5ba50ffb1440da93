import Synchronization

/// Contexts of OpenSSL that are ready for one key and used by nobody now: to begin anew in one costs
/// much less than to make or to copy one.
///
/// A context is one caller's from `take` to `give`.
@safe final class SparePool: Sendable {
    private let spare = Mutex<[Context]>([])
    private let release: @Sendable (OpaquePointer) -> Void

    /// Unchecked Sendable: what is in the pool is used by nobody, what is out of it by one.
    @safe private struct Context: @unchecked Sendable {
        let pointer: OpaquePointer

        init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }
    }

    /// As many as threads are likely to use one key at the same time.
    private static let limit = 4

    /// - Parameter release: frees a context.
    init(release: @escaping @Sendable (OpaquePointer) -> Void) {
        unsafe self.release = release
    }

    /// A context of the pool, now the caller's; nil when all are in use.
    func take() -> OpaquePointer? { unsafe spare.withLock { $0.popLast() }?.pointer }

    /// Takes back a context after its last use.
    func give(_ context: OpaquePointer) {
        let given = unsafe Context(context)
        let isKept = spare.withLock { spare in
            guard spare.count < Self.limit else { return false }
            spare.append(given)
            return true
        }
        if !isKept { unsafe release(context) }
    }

    deinit {
        while let context = unsafe take() { unsafe release(context) }
    }
}
