//! Reads the body of a successful GetQueryResults ourselves.
//!
//! The SDK keeps what it does well (signing, retries, errors); what it would make of a page, a
//! string and three structures for each cell, is left out. Its deserializer is replaced for the
//! one call, and still gets every answer that is no success.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_athena::operation::get_query_results::{GetQueryResults, GetQueryResultsOutput};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, Output, OutputOrError,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin;
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SharedResponseDeserializer};
use aws_smithy_types::config_bag::{ConfigBag, FrozenLayer};

use super::super::ResultPage;
use super::super::page;

/// Where the page of the one call is put.
#[derive(Debug, Clone, Default)]
pub(super) struct OwnBody(Arc<Mutex<Option<ResultPage>>>);

impl OwnBody {
    /// The page, once the call has succeeded.
    pub(super) fn take(&self) -> Option<ResultPage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[dyn_dispatch_hint]
impl Intercept for OwnBody {
    fn name(&self) -> &'static str {
        "OwnBody"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        config
            .interceptor_state()
            .store_put(SharedResponseDeserializer::new(Deserializer {
                page: self.clone(),
                sdk: GetQueryResults::new().config(),
            }));
        Ok(())
    }
}

#[derive(Debug)]
struct Deserializer {
    page: OwnBody,
    /// Holds the SDK's own deserializer.
    sdk: Option<FrozenLayer>,
}

impl DeserializeResponse for Deserializer {
    fn deserialize_nonstreaming_with_config(
        &self,
        response: &HttpResponse,
        config: &ConfigBag,
    ) -> OutputOrError {
        if response.status().as_u16() == 200 {
            let body = response.body().bytes().unwrap_or_default();
            let page = page::read(body).map_err(OrchestratorError::other)?;
            *self.page.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(page);
            return Ok(Output::erase(GetQueryResultsOutput::builder().build()));
        }
        let sdk = self.sdk.as_ref();
        match sdk.and_then(|layer| layer.load::<SharedResponseDeserializer>()) {
            Some(sdk) => sdk.deserialize_nonstreaming_with_config(response, config),
            None => Err(OrchestratorError::other("the SDK reads no answers")),
        }
    }
}
