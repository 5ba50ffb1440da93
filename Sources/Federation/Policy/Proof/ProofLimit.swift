/// A proof that was given up: there would have been too much to look at. Never a proof, and never
/// a counterexample.
package struct ProofLimit: Error, CustomStringConvertible {
    /// What there was too much of.
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
