/// Why something cannot be done with a list, for the operator.
package struct ListProblem: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
