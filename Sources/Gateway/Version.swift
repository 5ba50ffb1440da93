/// The version of this program.
///
/// Two builds of one release may differ in the schema of the state that they write: the higher one is the newer.
package enum Version {
    package static let text = "0.1.0"
    /// Of the state: it refuses newer ones, and brings older ones to this.
    package static var schema: Int { Schema.newest }
}
