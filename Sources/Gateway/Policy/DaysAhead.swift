/// When something ends, as a sentence for people has it.
package enum DaysAhead {
    /// `within a day`, `in 1 day`, `in 2 days`.
    ///
    /// - Parameter seconds: From now until then.
    package static func words(_ seconds: Int) -> String {
        switch seconds / 86_400 {
        case 0: "within a day"
        case 1: "in 1 day"
        case let days: "in \(days) days"
        }
    }
}
