import Dispatch

extension DispatchQueue {
    /// What `work` returns, done on this queue: for what takes longer than the threads of messages
    /// may be kept from them.
    func result<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            async { continuation.resume(returning: work()) }
        }
    }
}
